"""Templates of service processes 服务流程模板: ordered steps, who is responsible, and what is asked there."""
